-- Schema 6: replies of a language model, by the hash of all that was asked, so that nothing is paid for twice.

CREATE TABLE reply (
  key TEXT PRIMARY KEY,
  at TEXT NOT NULL,
  model TEXT NOT NULL,
  body TEXT NOT NULL,
  tokens_in INTEGER NOT NULL,
  tokens_out INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
