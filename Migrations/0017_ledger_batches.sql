-- Lines of a ledger job, thousands to a row: what is looked for as tags, the lines themselves encrypted. A row, an index entry and a deletion for each of
-- millions of lines cost more than all the rest of an upload.

-- An upload that was cut begins anew when it is continued; nobody has to notice. What is stored whole the program before applies within a minute.
alter table ledger_jobs no force row level security;
update ledger_jobs set received = 0, invalid = 0, running_digest = sha256(''::bytea), sender_lock = null where state = 'receiving';
do $$ begin
  if exists (select from ledger_jobs where state in ('stored', 'applying')) then
    raise exception 'A ledger job is stored and not applied. Let the broker that runs apply it (GET /v1/ledger-changes/{jobId} says done), then migrate.';
  end if;
end $$;
-- With what was told of the lines of such an upload, or they would be in its way when they come again.
alter table ledger_lines no force row level security;
delete from ledger_lines where invalid_reason is null;
delete from ledger_lines l using ledger_jobs j where j.tenant_id = l.tenant_id and j.job_id = l.job_id and j.state = 'receiving';
alter table ledger_lines force row level security;
alter table ledger_jobs force row level security;

create table ledger_batches (
  tenant_id uuid not null,
  job_id uuid not null,
  first_line bigint not null check (first_line > 0),
  lines integer not null check (lines > 0),
  peppers integer[] not null,
  before_tags bytea[] not null,
  before_lines integer[] not null,
  sealed bytea not null,
  primary key (tenant_id, job_id, first_line)
);
comment on table ledger_batches is 'lines of a ledger job that is not applied yet; written by nobody but the upload that has just locked the job''s row';
comment on column ledger_batches.peppers is 'versions under which before_tags are stored';
comment on column ledger_batches.before_lines is 'of each tag the line, counted from 0 within the batch';
comment on column ledger_batches.sealed is 'the lines themselves, encrypted; those that could not be read are left out';
-- Random bytes do not get shorter, and trying takes time.
alter table ledger_batches alter column before_tags set storage external;
alter table ledger_batches alter column before_lines set storage external;
alter table ledger_batches alter column sealed set storage external;
alter table ledger_batches enable row level security;
alter table ledger_batches force row level security;
create policy tenant_isolation on ledger_batches using (tenant_id = yonjo_tenant()) with check (tenant_id = yonjo_tenant());
grant select, insert, update, delete on ledger_batches to yonjo_app, yonjo_jobs;

-- What remains of the lines of before: those that could not be read, by number and reason.
drop index ledger_lines_invalid;
alter table ledger_lines drop column before_tags, drop column after_tags, drop column after_versions, drop column ref_index;
alter table ledger_lines alter column invalid_reason set not null;
alter table ledger_lines rename to ledger_invalid_lines;

-- Customers whom the ledger has yet to follow are few among millions.
create index pairs_pending on pairs (tenant_id, pair_id) where state = 'pending';
