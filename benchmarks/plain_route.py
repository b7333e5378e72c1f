"""What accepting events is measured against: a route that only reads the body and answers."""

from fastapi import FastAPI, Request, Response

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


@app.post("/plain")
async def plain(request: Request) -> Response:
    await request.body()
    return Response(status_code=202)
