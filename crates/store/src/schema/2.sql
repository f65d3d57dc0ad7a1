-- Schema 2: annotation, and the people who do it. Times are milliseconds since 1970, UTC; JSON is text.

CREATE TABLE user (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  role INTEGER NOT NULL,
  password TEXT,
  salt TEXT,
  active INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  erased_at INTEGER
) STRICT;

CREATE TABLE session (
  hash TEXT PRIMARY KEY,
  user INTEGER NOT NULL REFERENCES user(no),
  csrf TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_user ON session(user);

CREATE TABLE api_token (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash TEXT NOT NULL UNIQUE,
  user INTEGER NOT NULL REFERENCES user(no),
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  used_at INTEGER,
  revoked_at INTEGER
) STRICT;
CREATE INDEX api_token_user ON api_token(user);

CREATE TABLE attempt (no INTEGER PRIMARY KEY, key TEXT NOT NULL, ok INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX attempt_key ON attempt(key, at);
CREATE INDEX attempt_at ON attempt(at);

-- Grows with every change of the queue: lease tokens and places in the queue come from it.
INSERT INTO counter VALUES ('tick', 0);

-- What follows `created_at` counts the items and responses, so that nobody has to. Gold items count in `items` and `gold`
-- alone.
CREATE TABLE dataset (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  guideline INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  items INTEGER NOT NULL DEFAULT 0,
  gold INTEGER NOT NULL DEFAULT 0,
  open INTEGER NOT NULL DEFAULT 0,
  complete INTEGER NOT NULL DEFAULT 0,
  resolved INTEGER NOT NULL DEFAULT 0,
  wanted INTEGER NOT NULL DEFAULT 0,
  submitted INTEGER NOT NULL DEFAULT 0,
  skipped INTEGER NOT NULL DEFAULT 0,
  suggestions INTEGER NOT NULL DEFAULT 0,
  comments INTEGER NOT NULL DEFAULT 0,
  flags INTEGER NOT NULL DEFAULT 0
) STRICT;

-- body is null for a version that imported responses name but nobody here has.
CREATE TABLE guideline (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset INTEGER NOT NULL,
  hash TEXT NOT NULL,
  body TEXT,
  by INTEGER,
  created_at INTEGER NOT NULL,
  UNIQUE (dataset, hash)
) STRICT;

CREATE TABLE item (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset INTEGER NOT NULL REFERENCES dataset(no),
  external TEXT NOT NULL,
  preview TEXT NOT NULL,
  metadata TEXT NOT NULL,
  fields TEXT NOT NULL,
  UNIQUE (dataset, external)
) STRICT;

CREATE VIRTUAL TABLE item_text USING fts5(
  text, content='', columnsize=0, detail=none, prefix='2 3', tokenize="porter unicode61 remove_diacritics 2"
);
-- Large imports come in few transactions: sort more in memory, merge less often.
INSERT INTO item_text (item_text, rank) VALUES ('hashsize', 8388608), ('automerge', 8);

-- The queue's view of an item. begun: somebody held or answered it. place: its place among the items that miss as many
-- answers; a begun item gets a new last place with every change, so that whoever looked at all before need not look
-- again.
CREATE TABLE task (
  dataset INTEGER NOT NULL,
  item INTEGER NOT NULL REFERENCES item(no),
  wanted INTEGER NOT NULL,
  submitted INTEGER NOT NULL,
  held INTEGER NOT NULL DEFAULT 0,
  begun INTEGER NOT NULL,
  place INTEGER NOT NULL,
  gold INTEGER NOT NULL,
  resolved INTEGER NOT NULL,
  flags INTEGER NOT NULL DEFAULT 0,
  comments INTEGER NOT NULL DEFAULT 0,
  missing INTEGER AS (max(wanted - submitted - held, 0)),
  state INTEGER AS (CASE WHEN gold THEN 3 WHEN resolved THEN 2 WHEN submitted >= wanted THEN 1 ELSE 0 END),
  PRIMARY KEY (dataset, item),
  CHECK (gold OR held = 0 OR submitted + held <= wanted),
  CHECK (held >= 0 AND submitted >= 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_queue ON task(dataset, missing, begun, place, item)
  WHERE missing > 0 AND gold = 0 AND resolved = 0;
CREATE INDEX task_state ON task(dataset, state, item);
CREATE INDEX task_flags ON task(dataset, item) WHERE flags > 0;

CREATE TABLE gold (
  dataset INTEGER NOT NULL,
  item INTEGER NOT NULL,
  answers TEXT NOT NULL,
  PRIMARY KEY (dataset, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (
  dataset INTEGER NOT NULL,
  item INTEGER NOT NULL,
  user INTEGER NOT NULL REFERENCES user(no),
  token INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (dataset, item, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX lease_user ON lease(user, dataset, token);
CREATE INDEX lease_expiry ON lease(expires_at);

-- Among the begun items that miss so many answers, none up to this place is for this user.
CREATE TABLE reach (
  dataset INTEGER NOT NULL,
  user INTEGER NOT NULL,
  missing INTEGER NOT NULL,
  place INTEGER NOT NULL,
  PRIMARY KEY (dataset, user, missing)
) STRICT, WITHOUT ROWID;

-- What counts: status 1 submitted, 2 skipped. labels: numbers of `label` rows. gold_right: on a gold item, whether.
CREATE TABLE response (
  dataset INTEGER NOT NULL,
  item INTEGER NOT NULL,
  user INTEGER NOT NULL REFERENCES user(no),
  version INTEGER NOT NULL,
  status INTEGER NOT NULL,
  answers TEXT NOT NULL,
  labels TEXT NOT NULL,
  accepted TEXT NOT NULL,
  reason TEXT,
  guideline INTEGER,
  active_ms INTEGER NOT NULL,
  gold_right INTEGER,
  token INTEGER,
  tick INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (dataset, item, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX response_user ON response(user, dataset, tick);
-- What a person did today is counted without looking at all they ever did.
CREATE INDEX response_day ON response(user, dataset, at) WHERE status = 1;

CREATE TABLE past_response (
  dataset INTEGER NOT NULL,
  item INTEGER NOT NULL,
  user INTEGER NOT NULL,
  version INTEGER NOT NULL,
  status INTEGER NOT NULL,
  answers TEXT NOT NULL,
  accepted TEXT NOT NULL,
  reason TEXT,
  guideline INTEGER,
  active_ms INTEGER NOT NULL,
  at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  PRIMARY KEY (dataset, item, user, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE draft (
  dataset INTEGER NOT NULL,
  item INTEGER NOT NULL,
  user INTEGER NOT NULL,
  version INTEGER NOT NULL,
  answers TEXT NOT NULL,
  guideline INTEGER,
  active_ms INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (dataset, item, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX draft_user ON draft(user, dataset, at);

-- responses: how many submitted ones have it; `labelled` says which.
CREATE TABLE label (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset INTEGER NOT NULL,
  question TEXT NOT NULL,
  value TEXT NOT NULL,
  responses INTEGER NOT NULL DEFAULT 0,
  UNIQUE (dataset, question, value)
) STRICT;
CREATE TABLE labelled (
  label INTEGER NOT NULL,
  item INTEGER NOT NULL,
  user INTEGER NOT NULL,
  PRIMARY KEY (label, item, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE suggestion (
  dataset INTEGER NOT NULL,
  item INTEGER NOT NULL,
  model TEXT NOT NULL,
  score REAL,
  answers TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (dataset, item, model)
) STRICT, WITHOUT ROWID;

-- source: 0 agreed, 1 aggregated, 2 adjudicated.
CREATE TABLE resolution (
  dataset INTEGER NOT NULL,
  item INTEGER NOT NULL,
  version INTEGER NOT NULL,
  answers TEXT NOT NULL,
  source INTEGER NOT NULL,
  by INTEGER,
  posterior REAL,
  at INTEGER NOT NULL,
  PRIMARY KEY (dataset, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE past_resolution (
  dataset INTEGER NOT NULL,
  item INTEGER NOT NULL,
  version INTEGER NOT NULL,
  answers TEXT NOT NULL,
  source INTEGER NOT NULL,
  by INTEGER,
  posterior REAL,
  at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  PRIMARY KEY (dataset, item, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE comment (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset INTEGER NOT NULL,
  item INTEGER NOT NULL,
  user INTEGER NOT NULL REFERENCES user(no),
  text TEXT NOT NULL,
  flag INTEGER NOT NULL,
  at INTEGER NOT NULL,
  settled_at INTEGER
) STRICT;
CREATE INDEX comment_item ON comment(dataset, item);
CREATE INDEX comment_user ON comment(user);

CREATE TABLE member (
  dataset INTEGER NOT NULL,
  user INTEGER NOT NULL REFERENCES user(no),
  served INTEGER NOT NULL DEFAULT 0,
  submitted INTEGER NOT NULL DEFAULT 0,
  skipped INTEGER NOT NULL DEFAULT 0,
  active_ms INTEGER NOT NULL DEFAULT 0,
  gold_served INTEGER NOT NULL DEFAULT 0,
  gold_answered INTEGER NOT NULL DEFAULT 0,
  gold_right INTEGER NOT NULL DEFAULT 0,
  paused TEXT,
  guideline INTEGER,
  last_visit INTEGER,
  PRIMARY KEY (dataset, user)
) STRICT, WITHOUT ROWID;

-- Append-only, each row hashed together with the hash before it. Nothing in it names a person: `user` is a number, what is
-- personal about somebody lies elsewhere and `digest` vouches for it with that user's salt.
CREATE TABLE event (
  no INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  user INTEGER,
  dataset INTEGER,
  item INTEGER,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  about INTEGER,
  digest TEXT,
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX event_item ON event(dataset, item) WHERE item IS NOT NULL;
CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
  BEGIN SELECT raise(ABORT, 'events are append-only'); END;
CREATE TRIGGER event_is_never_removed BEFORE DELETE ON event
  BEGIN SELECT raise(ABORT, 'events are append-only'); END;

CREATE TABLE event_head (one INTEGER PRIMARY KEY CHECK (one = 1), no INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;
INSERT INTO event_head VALUES (1, 0, '');

-- The personal part of an event, until the person is erased.
CREATE TABLE event_person (
  event INTEGER PRIMARY KEY,
  user INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX event_person_user ON event_person(user);

CREATE TABLE snapshot (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset INTEGER NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  by INTEGER,
  guideline INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  counts TEXT NOT NULL,
  UNIQUE (dataset, id)
) STRICT;

-- Lines of snapshots, compressed, shared by the snapshots that have the same ones. codec: as in `version`.
CREATE TABLE block (
  hash TEXT PRIMARY KEY,
  codec INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE TABLE snapshot_block (
  snapshot INTEGER NOT NULL REFERENCES snapshot(no),
  ordinal INTEGER NOT NULL,
  hash TEXT NOT NULL REFERENCES block(hash),
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;

-- Answers that a reviewer gave back; one waits as long as its author has no response.
CREATE TABLE returned (
  dataset INTEGER NOT NULL,
  item INTEGER NOT NULL,
  user INTEGER NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (dataset, user, item)
) STRICT, WITHOUT ROWID;
