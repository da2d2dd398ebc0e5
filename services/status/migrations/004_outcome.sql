-- What the payer did with a claim.
alter table claim add column outcome text not null default '', add column denial text not null default '';
