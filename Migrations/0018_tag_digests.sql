-- Tags are looked up by a keyed digest of 128 bits; the sealed form, which takes several times as long to make, is for those that are kept. A uuid because
-- PostgreSQL keeps and compares those in sixteen bytes, without a length.
alter table pair_tags add column tag_digest uuid;
comment on column pair_tags.tag_digest is 'HMAC-SHA-256 of the edge tag under a key derived from the pepper that sealed it, first 128 bits';
-- A program that does not know of digests shall fail, not write what nobody finds.
alter table pair_tags add constraint pair_tags_digest_check check (tag_digest is not null) not valid;

-- Only the broker has the keys by which tags of before get theirs. Until they have, it answers 503 where it would have to look for them.
alter table tenants add column tags_lack_digests boolean not null default false;
comment on column tenants.tags_lack_digests is 'some tags are from before migration 0018 and have no digest yet; the broker sees to it';
alter table tenants no force row level security;
alter table pair_tags no force row level security;
update tenants t set tags_lack_digests = true where exists (select from pair_tags p where p.tenant_id = t.tenant_id);
alter table tenants force row level security;
alter table pair_tags force row level security;
grant update (tags_lack_digests) on tenants to yonjo_jobs;

-- Lines are kept in another form and digested. As in migration 0017: an upload that was cut begins anew, what is stored is applied before.
alter table ledger_jobs no force row level security;
alter table ledger_batches no force row level security;
alter table ledger_invalid_lines no force row level security;
do $$ begin
  if exists (select from ledger_jobs where state in ('stored', 'applying')) then
    raise exception 'A ledger job is stored and not applied. Let the broker that runs apply it (GET /v1/ledger-changes/{jobId} says done), then migrate.';
  end if;
end $$;
update ledger_jobs set received = 0, invalid = 0, running_digest = sha256(''::bytea), sender_lock = null where state = 'receiving';
delete from ledger_batches;
delete from ledger_invalid_lines l using ledger_jobs j where j.tenant_id = l.tenant_id and j.job_id = l.job_id and j.state = 'receiving';
alter table ledger_invalid_lines force row level security;
alter table ledger_batches force row level security;
alter table ledger_jobs force row level security;
alter table ledger_batches drop column before_tags, add column before_digests uuid[] not null;
alter table ledger_batches alter column before_digests set storage external;
comment on column ledger_batches.peppers is 'versions under which the tags before are digested';
comment on column ledger_batches.before_digests is 'what the tags before are looked up by';
comment on column ledger_batches.before_lines is 'of each digest the line, counted from 0 within the batch';
