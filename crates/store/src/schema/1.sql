-- Schema 1. Lists and maps are JSON text; lists of numbers in `change` and vectors are little-endian blobs.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- index_version: bumped by every visible change. changes_floor: changes up to it were pruned.
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES ('index_version', 0), ('changes_floor', 0);

CREATE TABLE source (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  root TEXT NOT NULL,
  kind TEXT NOT NULL,
  acl TEXT NOT NULL,
  metadata TEXT NOT NULL,
  settings TEXT NOT NULL
) STRICT;

CREATE TABLE document (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  source INTEGER NOT NULL REFERENCES source(id),
  uri TEXT NOT NULL,
  doc_id TEXT NOT NULL UNIQUE,
  UNIQUE (source, uri)
) STRICT;
CREATE INDEX document_uri ON document(uri);

-- codec: 0 plain UTF-8, 1 zstd. body is null once the text was erased.
CREATE TABLE version (
  doc INTEGER NOT NULL REFERENCES document(no),
  version INTEGER NOT NULL,
  hash TEXT NOT NULL,
  chars INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  codec INTEGER NOT NULL,
  body BLOB,
  created_at TEXT NOT NULL,
  superseded_at TEXT,
  removed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (doc, version)
) STRICT;

CREATE TABLE live (
  doc INTEGER PRIMARY KEY REFERENCES document(no),
  version INTEGER NOT NULL,
  title TEXT,
  mime TEXT NOT NULL,
  language TEXT,
  acl TEXT NOT NULL,
  metadata TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  chunks INTEGER NOT NULL,
  signature BLOB NOT NULL,
  container TEXT,
  size INTEGER,
  mtime_ns INTEGER,
  raw_hash TEXT,
  FOREIGN KEY (doc, version) REFERENCES version(doc, version)
) STRICT;

CREATE TABLE chunk (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  doc INTEGER NOT NULL REFERENCES live(doc),
  ordinal INTEGER NOT NULL,
  chunk_id TEXT NOT NULL,
  char_start INTEGER NOT NULL,
  char_end INTEGER NOT NULL,
  heading TEXT NOT NULL,
  page INTEGER,
  place TEXT,
  plain TEXT,
  embed_hash TEXT NOT NULL,
  context TEXT NOT NULL
) STRICT;
CREATE INDEX chunk_doc ON chunk(doc, ordinal);
CREATE INDEX chunk_embed_hash ON chunk(embed_hash);

CREATE TABLE model (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  dim INTEGER NOT NULL
) STRICT;

CREATE TABLE vector (
  no INTEGER PRIMARY KEY,
  hash TEXT NOT NULL,
  model INTEGER NOT NULL REFERENCES model(id),
  body BLOB NOT NULL,
  UNIQUE (hash, model)
) STRICT;

CREATE TABLE change (
  index_version INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  changed BLOB NOT NULL,
  added BLOB NOT NULL,
  embedded BLOB NOT NULL,
  removed BLOB NOT NULL,
  forgotten BLOB NOT NULL
) STRICT;

CREATE TABLE trace (id TEXT PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL) STRICT;
