"""The search attributes that every workflow of ours carries, typed."""

from typing import Final

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from varlor import names

TENANT: Final = SearchAttributeKey.for_keyword(names.TENANT_ATTRIBUTE)
CONNECTOR: Final = SearchAttributeKey.for_keyword(names.CONNECTOR_ATTRIBUTE)


def attributes(tenant: str, connector: str | None) -> TypedSearchAttributes:
    """Name whose workflow it is; search attributes are indexed in the clear, so they hold ids alone."""
    pairs = [SearchAttributePair(TENANT, tenant)]
    if connector is not None:
        pairs.append(SearchAttributePair(CONNECTOR, connector))
    return TypedSearchAttributes(pairs)
