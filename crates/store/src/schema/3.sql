-- Schema 3: what somebody held and gave back or lost. They saw the item, so what they write about it may still be kept.

CREATE TABLE held_once (
  dataset INTEGER NOT NULL,
  item INTEGER NOT NULL,
  user INTEGER NOT NULL REFERENCES user(no),
  PRIMARY KEY (user, dataset, item)
) STRICT, WITHOUT ROWID;
