-- Schema 4: runs: what was measured, item by item. A run without an id is not finished; one with an id is never edited.

CREATE TABLE run (
  no INTEGER PRIMARY KEY,
  id TEXT UNIQUE,
  plan TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  about TEXT NOT NULL,
  started TEXT NOT NULL,
  finished TEXT,
  items INTEGER NOT NULL,
  report TEXT
) STRICT;
CREATE INDEX run_plan ON run (plan) WHERE id IS NULL;

CREATE TABLE run_item (
  run INTEGER NOT NULL REFERENCES run(no) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  item TEXT NOT NULL,
  document TEXT NOT NULL,
  seed INTEGER NOT NULL,
  state TEXT NOT NULL,
  ms REAL,
  scores TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (run, ordinal)
) STRICT, WITHOUT ROWID;
