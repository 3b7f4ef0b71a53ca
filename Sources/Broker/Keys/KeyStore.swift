internal import Foundation
internal import PostgreSQL

/// SQL of the two key tables.
enum KeyStore {
  static let tenantKeys = Statement(
    "tenant_keys",
    """
    select purpose, version, wrapped, not_after, created_at, (select tags_lack_digests from tenants where tenant_id = $1) from tenant_keys
    where tenant_id = $1 and retired_at is null and (not_after is null or not_after > $2) order by purpose, version desc
    """)
  static let insertTenantKey = Statement(
    "insert_tenant_key",
    """
    insert into tenant_keys (tenant_id, purpose, version, wrapped, fingerprint, created_at)
    select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5 from tenant_keys where tenant_id = $1 and purpose = $2 having coalesce(max(version), 0) + 1 = $6
    """)
  static let endTenantKey = Statement(
    "end_tenant_key", "update tenant_keys set not_after = $4 where tenant_id = $1 and purpose = $2 and version = $3 and not_after is null")
  static let newestTenantKey = Statement(
    "newest_tenant_key", "select coalesce(max(version), 0)::int4 from tenant_keys where tenant_id = $1 and purpose = $2")
  static let platformKeys = Statement(
    "platform_keys",
    "select purpose, version, wrapped, public_jwk->>'kty' from platform_keys where retired_at is null order by purpose, version desc")
  static let newestPlatformKey = Statement(
    "newest_platform_key", "select coalesce(max(version), 0)::int4 from platform_keys where purpose = $1")
  /// 0 where there is none of this kind of key.
  static let newestPlatformKeyOfKind = Statement(
    "newest_platform_key_of_kind",
    "select coalesce(max(version), 0)::int4 from platform_keys where purpose = $1 and public_jwk->>'kty' = $2")
  static let insertPlatformKey = Statement(
    "insert_platform_key",
    """
    insert into platform_keys (purpose, version, wrapped, public_jwk, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing
    """)
}
