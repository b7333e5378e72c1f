"""`python -m examples.sample_api`: serves the sample API until it is told to stop."""

import argparse

import uvicorn

from examples.sample_api.app import create_app


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples.sample_api", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same records")
    parser.add_argument("--scale", type=float, default=1, help="1 gives 22,000 records")
    args = parser.parse_args()
    app = create_app(seed=args.seed, scale=args.scale)
    uvicorn.run(app, host=args.host, port=args.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
