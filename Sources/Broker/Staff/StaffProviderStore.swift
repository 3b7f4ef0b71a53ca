internal import PostgreSQL

/// SQL of providers.
enum StaffProviderStore {
  static let set = Statement(
    "set_staff_provider",
    """
    insert into staff_providers (tenant_id, issuer, client_id, client_secret_sealed, name_claim, passwords_allowed, changed_at)
    values ($1, $2, $3, $4, $5, $6, $7) on conflict (tenant_id) do update set issuer = excluded.issuer, client_id = excluded.client_id,
      client_secret_sealed = excluded.client_secret_sealed, name_claim = excluded.name_claim, passwords_allowed = excluded.passwords_allowed,
      changed_at = excluded.changed_at
    """)
  static let remove = Statement("remove_staff_provider", "delete from staff_providers where tenant_id = $1")
  static let get = Statement(
    "get_staff_provider",
    """
    select p.issuer, p.client_id, p.client_secret_sealed, p.name_claim, p.passwords_allowed from staff_providers p
    join tenants t on t.tenant_id = p.tenant_id where p.tenant_id = $1 and t.suspended_at is null
    """)
  /// Who came in before is known by the provider's `sub`; who comes for the first time, by name: an account is bound once. 2 index · 3 name · 4 issuer
  static let member = Statement(
    "provider_staff",
    """
    update staff p set provider_index = $2, failures = 0, locked_until = null from staff_providers v, tenants t
    where p.tenant_id = $1 and p.suspended_at is null and v.tenant_id = p.tenant_id and v.issuer = $4
      and t.tenant_id = p.tenant_id and t.suspended_at is null
      and (p.provider_index = $2 or (p.provider_index is null and p.name = $3
        and not exists (select from staff o where o.tenant_id = $1 and o.provider_index = $2)))
    returning p.staff_id
    """)
  /// Sessions that began with another provider, or with passwords where they end.
  static let endSessions = Statement(
    "end_provider_sessions", "delete from staff_sessions where tenant_id = $1 and (by_provider or $2)")
}
