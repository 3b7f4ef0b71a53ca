-- Lists of parts (a municipality's), each with a number of its own; and what was wrong with a list that was not taken.

create table revocation_list_parts (
  kind text not null check (kind in ('signing', 'authentication')),
  issuer_key_id bytea not null,
  part bytea not null check (octet_length(part) = 32),
  number bigint not null,
  this_update timestamptz not null,
  next_update timestamptz not null,
  entries bigint not null,
  installed_at timestamptz not null,
  primary key (kind, issuer_key_id, part)
);
comment on column revocation_list_parts.part is 'SHA-256 of the names of the distribution point that the list covers';

create table revocation_alarms (
  kind text not null check (kind in ('signing', 'authentication')),
  source text not null check (length(source) between 1 and 200),
  reason text not null check (length(reason) between 1 and 100),
  number bigint,
  entries bigint,
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (kind, source)
);
comment on table revocation_alarms is 'what was wrong with the list that was fetched last; gone when one is taken again';

grant select, insert, update on revocation_list_parts to yonjo_app, yonjo_jobs, yonjo_operator;
grant select, insert, update, delete on revocation_alarms to yonjo_app, yonjo_jobs, yonjo_operator;
