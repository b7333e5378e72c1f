"""The same records by GraphQL: a Relay connection, a nested one, an offset, a page number, and what fails."""

from collections.abc import Callable
from typing import Any, cast

from fastapi import HTTPException
from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema, build_schema

from examples.sample_api.data import Collection, Record, SampleData
from examples.sample_api.paging import next_cursor, read_cursor

MOST: int = 250
"""Records a page, at most."""

_SDL = '''
"""Users, orders and events of a shop that does not exist."""
type Query {
  "Everybody who ever signed up"
  users(first: Int = 50, after: String, marketing: Boolean): UserConnection!
  "Orders, by offset"
  orders(limit: Int = 100, offset: Int = 0, status: OrderStatus): [Order!]!
  "Events, by page number"
  events(page: Int = 1, per_page: Int = 100): [Event!]!
  user(id: Int!): User
  rateLimit: RateLimit!
}
type Mutation { rename(id: Int!, name: String!): User }
enum OrderStatus { pending paid shipped delivered cancelled }
type PageInfo { hasNextPage: Boolean!, endCursor: String }
type RateLimit { cost: Int!, remaining: Int!, resetAt: String! }
type Address { street: String!, city: String!, postal_code: String!, country: String! }
type User {
  id: Int!
  name: String!
  email: String!
  phone: String
  address: Address!
  tags: [String!]!
  marketing: Boolean!
  created_at: String!
  updated_at: String!
  "Not everybody's may be read"
  credit_score: Int
  orders(first: Int = 10, after: String): OrderConnection!
}
type UserEdge { cursor: String!, node: User }
type UserConnection { edges: [UserEdge!]!, nodes: [User], pageInfo: PageInfo!, totalCount: Int! }
type Line { sku: String!, name: String!, quantity: Int!, unit_price: Float! }
type Order {
  id: Int!
  number: String!
  user_id: Int!
  status: OrderStatus!
  currency: String!
  total: Float!
  lines: [Line!]!
  shipping_address: Address!
  note: String
  placed_at: String!
  updated_at: String!
  user: User
}
type OrderEdge { cursor: String!, node: Order }
type OrderConnection { edges: [OrderEdge!]!, nodes: [Order], pageInfo: PageInfo! }
type Event { id: Int!, uid: ID!, type: String!, user_id: Int, occurred_at: String! }
'''

Resolver = Callable[..., Any]


def make_schema(data: SampleData) -> GraphQLSchema:
    """What resolvers ask for is added to `context["asked"]`, in records; it is what a query costs."""
    schema = build_schema(_SDL)
    _set(schema, "Query", users=_users(data), orders=_orders(data), events=_events(data), user=_user(data))
    _set(schema, "Query", rateLimit=lambda _root, info: info.context["rate_limit"]())
    _set(schema, "Mutation", rename=_rename(data))
    _set(schema, "User", credit_score=_credit_score, orders=_orders_of_user(data))
    _set(schema, "Order", user=lambda order, _info: data.users.records[order["user_id"] - 1])
    return schema


def _set(schema: GraphQLSchema, name: str, **resolvers: Resolver) -> None:
    kind = cast("GraphQLObjectType", schema.type_map[name])
    for field, resolver in resolvers.items():
        kind.fields[field].resolve = resolver


def _connection(info: Any, rows: Collection, first: int, after: str | None) -> Record:
    size = _size(info, "first", first)
    try:
        start = read_cursor(rows, after)
    except HTTPException:
        raise _bad("after", "This cursor is not one of ours.") from None
    token = next_cursor(rows, start, size)
    nodes = rows.records[start : start + size]
    return {
        "edges": [{"cursor": str(node["id"]), "node": node} for node in nodes],
        "nodes": nodes,
        "pageInfo": {"hasNextPage": token is not None, "endCursor": token},
        "totalCount": len(rows),
    }


def _size(info: Any, name: str, size: int) -> int:
    if not 1 <= size <= MOST:
        raise _bad(name, f"{name} must be between 1 and {MOST}.")
    info.context["asked"] += size
    return size


def _bad(name: str, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT", "argument": name})


def _users(data: SampleData) -> Resolver:
    def resolve(
        _root: Any, info: Any, first: int, after: str | None = None, marketing: bool | None = None
    ) -> Record:
        info.context["fail"]("users")
        rows = data.users
        if marketing is not None:
            rows = rows.where(lambda row: row["marketing"] == marketing)
        return _connection(info, rows, first, after)

    return resolve


def _orders(data: SampleData) -> Resolver:
    def resolve(_root: Any, info: Any, limit: int, offset: int, status: str | None = None) -> list[Record]:
        info.context["fail"]("orders")
        _size(info, "limit", limit)
        rows = data.orders.where(lambda row: row["status"] == status) if status else data.orders
        return rows.records[max(0, offset) : max(0, offset) + limit]

    return resolve


def _events(data: SampleData) -> Resolver:
    def resolve(_root: Any, info: Any, page: int, per_page: int) -> list[Record]:
        info.context["fail"]("events")
        size = _size(info, "per_page", per_page)
        start = max(0, page - 1) * size
        return data.events.records[start : start + size]

    return resolve


def _user(data: SampleData) -> Resolver:
    def resolve(_root: Any, _info: Any, id: int) -> Record:  # noqa: A002 - the argument's name in the schema
        if not 1 <= id <= len(data.users):
            raise GraphQLError("No such user.", extensions={"code": "NOT_FOUND"})
        return data.users.records[id - 1]

    return resolve


def _rename(data: SampleData) -> Resolver:
    def resolve(_root: Any, _info: Any, id: int, name: str) -> Record:  # noqa: A002 - the argument's name in the schema
        data.users.records[id - 1]["name"] = name
        return data.users.records[id - 1]

    return resolve


def _orders_of_user(data: SampleData) -> Resolver:
    def resolve(user: Record, info: Any, first: int, after: str | None = None) -> Record:
        rows = data.orders.where(lambda row: row["user_id"] == user["id"])
        return _connection(info, rows, first, after)

    return resolve


def _credit_score(user: Record, _info: Any) -> int:
    if user["id"] % 20 == 0:
        raise GraphQLError("This score may not be read.", extensions={"code": "FORBIDDEN"})
    return 300 + user["id"] % 550
