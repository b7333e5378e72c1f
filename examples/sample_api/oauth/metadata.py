"""What the server says about itself (RFC 8414 section 2, OpenID Connect Discovery 1.0 section 3)."""

from typing import Any

from examples.sample_api.oauth.clients import AUTH_METHODS, SCOPES

_SIGNING = ["RS256", "PS256", "ES256", "EdDSA"]


def describe(issuer: str, overrides: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "jwks_uri": f"{issuer}/oauth/jwks",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }
    for endpoint in ("token", "revocation"):
        document[f"{endpoint}_endpoint_auth_methods_supported"] = list(AUTH_METHODS)
        document[f"{endpoint}_endpoint_auth_signing_alg_values_supported"] = _SIGNING
    document |= overrides
    return {name: value for name, value in document.items() if value is not None}
