"""The shapes of the sample records, for the OpenAPI document; answers are sent from prepared JSON."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

OrderStatus = Literal["pending", "paid", "shipped", "delivered", "cancelled"]


class Address(BaseModel):
    street: str
    city: str
    postal_code: str
    country: str = Field(description="ISO 3166-1 alpha-2")


class User(BaseModel):
    id: int
    name: str
    email: str
    phone: str | None
    address: Address
    tags: list[str]
    marketing: bool
    created_at: datetime
    updated_at: datetime


class OrderLine(BaseModel):
    sku: str
    name: str
    quantity: int
    unit_price: float


class Order(BaseModel):
    id: int
    number: str
    user_id: int
    status: OrderStatus
    currency: str
    total: float
    lines: list[OrderLine]
    shipping_address: Address
    note: str | None
    placed_at: datetime
    updated_at: datetime


class EventProperties(BaseModel):
    page: str | None = None
    order_id: int | None = None
    query: str | None = None


class Event(BaseModel):
    id: int
    uid: UUID
    type: str
    user_id: int | None
    properties: EventProperties
    occurred_at: datetime


class Problem(BaseModel):
    detail: str
