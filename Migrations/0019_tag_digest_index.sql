-- yonjo: no transaction
-- Equality is all that is ever asked of a digest, and no two tenants' digests are equal: a hash index reads one page where a tree reads four.
drop index concurrently if exists pair_tags_by_digest;
create index concurrently pair_tags_by_digest on pair_tags using hash (tag_digest);
