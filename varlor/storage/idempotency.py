"""One tenant's Idempotency-Keys: a claim, then the sealed answer, for 24 h."""

import hashlib
import json
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_
from sqlmodel import col

from varlor.errors import ConflictError
from varlor.ports import RememberedAnswer
from varlor.storage.scope import Scope
from varlor.storage.tables import IdempotencyRow

KEPT: Final = timedelta(hours=24)
CLAIMED: Final = timedelta(seconds=60)
"""A claim this old without an answer belongs to a process that died: no request takes as long."""
ANSWER_FIELD: Final = "idempotent-answer"


class SqlIdempotency:
    """IdempotencyRepository."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def begin(self, key: str, fingerprint: str) -> RememberedAnswer | None:
        now = self._scope.clock.now()
        claimed, answer = col(IdempotencyRow.claimed_at), col(IdempotencyRow.answer)
        fresh = {"fingerprint": fingerprint, "claimed_at": now, "answer": None}
        row = {"tenant_id": self._scope.tenant, "key": _digest(key)} | fresh
        claim = self._scope.database.insert(IdempotencyRow).values(row)
        claim = claim.on_conflict_do_update(
            index_elements=["tenant_id", "key"],
            set_=fresh,
            where=and_(answer.is_(None), claimed < now - CLAIMED),
        ).returning(col(IdempotencyRow.key))
        async with self._scope.database.write() as session:
            await session.exec(self._scope.delete(IdempotencyRow, claimed < now - KEPT))
            if (await session.exec(claim)).first():
                return None
            found = await self._scope.one(session, "key", IdempotencyRow, _is(key))
        if found.answer is None:
            raise ConflictError(
                "A request with this Idempotency-Key is under way; ask again when it is done."
            )
        return self._opened(key, found.fingerprint, found.answer)

    async def finish(self, key: str, answer: RememberedAnswer) -> None:
        """Keep the answer of a claim; a second finish changes nothing."""
        same = col(IdempotencyRow.fingerprint) == answer.fingerprint
        statement = self._scope.update(IdempotencyRow, _is(key), same, col(IdempotencyRow.answer).is_(None))
        plain = json.dumps({"status": answer.status, "body": answer.body}).encode()
        sealed = self._scope.encryption.seal(plain, **self._place(key))
        async with self._scope.database.write() as session:
            await session.exec(statement.values(answer=sealed))

    async def abandon(self, key: str) -> None:
        statement = self._scope.delete(IdempotencyRow, _is(key), col(IdempotencyRow.answer).is_(None))
        async with self._scope.database.write() as session:
            await session.exec(statement)

    def _opened(self, key: str, fingerprint: str, sealed: str) -> RememberedAnswer:
        content = json.loads(self._scope.encryption.open(sealed, **self._place(key)))
        return RememberedAnswer(fingerprint, content["status"], content["body"])

    def _place(self, key: str) -> dict[str, Any]:
        return {"tenant": self._scope.tenant, "connector": _digest(key), "field": ANSWER_FIELD, "version": 1}


def _digest(key: str) -> str:
    """A key as it is stored: of one length, whatever a client sends."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _is(key: str) -> ColumnElement[bool]:
    return col(IdempotencyRow.key) == _digest(key)
