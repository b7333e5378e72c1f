"""One example for each body of the OpenAPI document; a test validates every one of them."""

from typing import Any, Final

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "ConnectorInput": {
        "name": "Shop",
        "baseUrl": "https://api.example.com/v1",
        "headers": {"Accept-Language": "en"},
        "authType": "bearer",
        "bearerToken": "your-token",
        "rateLimitConfig": {"requestsPerMinute": 60, "burstLimit": 10},
    },
    "OAuthStartRequest": {"connectorId": "con_06jq0000000000000000000000", "returnTo": "/connectors"},
    "ConnectorPatch": {"rateLimitConfig": {"requestsPerMinute": 30}},
    "PresetConnector": {"name": "Our GitHub", "authType": "bearer", "bearerToken": "your-token"},
    "CheckRequest": {
        "connectorId": "con_06jq0000000000000000000000",
        "path": "/users",
    },
    "FetchRequest": {
        "path": "/users",
        "params": {"active": True},
        "dataset": {"name": "users", "writeMode": "merge", "primaryKey": ["id"]},
        "pagination": {"type": "page_number", "pageParam": "page", "sizeParam": "per_page", "size": 100},
        "incremental": {
            "cursorField": "updated_at",
            "param": "updated_after",
            "initialValue": "2026-01-01T00:00:00Z",
            "lookback": 3600,
        },
        "limits": {"maxPages": 50},
    },
    "ForEach": {"path": "/users", "field": "id", "as": "user_id"},
    "AsyncExport": {
        "start": {"path": "/exports", "body": {"kind": "orders", "format": "jsonl"}, "jobIdPath": "$.id"},
        "status": {"path": "/exports/{job}", "statusPath": "$.status"},
        "done": {"values": ["completed"], "failed": ["failed"]},
        "download": {"urlPath": "$.url"},
    },
    "ScheduleInput": {
        "name": "Users, each weekday morning",
        "connectorId": "con_06jq0000000000000000000000",
        "fetch": {
            "path": "/users",
            "dataset": {"name": "users", "writeMode": "merge", "primaryKey": ["id"]},
            "incremental": {"cursorField": "updated_at", "param": "filter=updated_at>{value}"},
        },
        "cron": "0 6 * * 1-5",
        "timeZone": "Europe/Berlin",
        "jitter": "5m",
        "overlap": "skip",
        "catchupWindow": "1h",
    },
    "SchedulePatch": {"every": "15m"},
    "ScheduleNote": {"note": "The API is being moved until Friday."},
    "BackfillRequest": {"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-01-08T00:00:00Z"},
    "NotificationInput": {
        "url": "https://hooks.example.com/varlor",
        "events": ["dataset.updated", "run.failed", "run.recovered"],
        "secret": "whsec_c2VjcmV0LW9mLXR3ZW50eS1mb3VyLWJ5dGVz",
    },
    "SecretRotation": {"graceSeconds": 3600},
    "RunPatch": {"requestsPerMinute": 30},
    "ResetRequest": {"from": "2026-01-01T00:00:00Z"},
    "DatasetPatch": {"name": "customers", "freshness": "2h"},
    "SessionRequest": {"code": "the-code-of-the-one-time-link"},
    "Problem": {
        "type": "urn:varlor:problem:invalid-input",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "The input is not valid.",
        "errors": [{"pointer": "/baseUrl", "detail": "Only http and https addresses can be fetched."}],
        "correlationId": "5f2b7c0e9a3d4c1e8b6a7f9012345678",
    },
}
