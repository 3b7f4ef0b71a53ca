-- A ledger job meets the pairs as the job before it left them. Two replicas that find two jobs of one tenant both look for pairs beforehand; whose number
-- has passed when it comes to write looks again.
alter table tenants add column ledger_jobs_applied bigint not null default 0;
comment on column tenants.ledger_jobs_applied is 'ledger jobs that were applied since migration 0020';
grant update (ledger_jobs_applied) on tenants to yonjo_app, yonjo_jobs;
