"""GraphQL servers behind the same ports as REST: documents judged, schemas read, connections paged."""

from varlor.connectors.graphql.discoverer import GraphQLDiscoverer
from varlor.connectors.graphql.judge import GraphQLJudge

__all__ = ["GraphQLDiscoverer", "GraphQLJudge"]
