-- Scheme voprf: which way a tenant's tags are made, and its keys. What one card and one tag may be asked for in a minute.

alter table tenants
  add column tag_scheme text not null default 'hmac' check (tag_scheme in ('hmac', 'voprf'));
comment on column tenants.tag_scheme is 'chosen when the tenant is made; its edge keys are of purpose edge (hmac) or voprf';

alter table tenant_keys drop constraint tenant_keys_purpose_check;
alter table tenant_keys add constraint tenant_keys_purpose_check
  check (purpose in ('edge', 'voprf', 'pepper', 'serialIndex', 'sealing'));

-- The job that ends retired edge keys and re-seals tags under a new pepper marks what is done.
grant update on tenant_keys to yonjo_jobs;

-- What one card may sign, and how often one tag may be looked up, in a minute; told apart from the tenant's allowances, which all of them share.
alter table tenants
  add column signatures_per_card integer not null default 60 check (signatures_per_card between 0 and 10000000),
  add column look_ups_per_tag integer not null default 120 check (look_ups_per_tag between 0 and 10000000);

-- Evaluations are what guessing costs under scheme voprf: ten a second until the operator opens more, for a first load.
alter table tenants alter column evaluations_per_minute set default 600;

-- A line is written by nobody but the upload that has just locked its job's row; asking for that row again for each of millions of lines costs as much as
-- writing them.
alter table ledger_lines drop constraint ledger_lines_tenant_id_job_id_fkey;
