-- Schema 7: what an hour of work on a dataset costs, for those who pay it. Both or neither.

ALTER TABLE dataset ADD COLUMN hourly_rate REAL;
ALTER TABLE dataset ADD COLUMN currency TEXT;
