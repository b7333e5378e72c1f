"""What API and onboarding leave each other, sealed in Redis under the nonce: none of it enters a history."""

from varlor.contracts.model import Model, UtcTime


class OnboardDraft(Model):
    """What the API leaves under the nonce: whom the callback must come from, and where it goes back to."""

    subject: str
    browser_hash: str
    redirect_uri: str
    return_to: str | None = None


class AuthorizationDraft(Model):
    """What the activity leaves under the nonce: where to send the user, with the state in it."""

    url: str
    state: str
    prepared_at: UtcTime

    def __repr_args__(self) -> list[tuple[str, object]]:
        return []
