-- yonjo: no transaction
-- Documents: evidence says what the tenant called the document, and for which notices items could be handed over. Words and ids of the tenant's own,
-- never items. Each statement can be repeated.
alter table verifications add column if not exists document_purpose text;
alter table verifications add column if not exists notices jsonb;
comment on column verifications.document_purpose is 'the tenant''s own word for the document, such as loanContract; null for what is no document';
comment on column verifications.notices is 'notice, version, purposes and names of items that the request named for a hand-over; never the items';
-- Finds the evidence of one document among the logins, built without holding writers up. One that was left unfinished is begun anew.
drop index concurrently if exists verifications_by_document;
create index concurrently verifications_by_document on verifications (tenant_id, document_digest, verification_id) where document_digest is not null;
