"""A month of a shop with the spending service: `liftstream spending serve` in one terminal, this in another.

    python examples/spending_client.py http://127.0.0.1:8080 FOLDER

FOLDER holds `users.json`, `sessions.json` and `products.json`: what was until now. Prints who will spend most, and
which model is better as far as is known.
"""

import json
import sys
from pathlib import Path

import httpx


def main(address: str, folder: Path) -> None:
    """Predicts the next month, and reads the report."""
    document = {
        name: json.loads((folder / f"{name}.json").read_text()) for name in ("users", "sessions", "products")
    }
    with httpx.Client(base_url=address, timeout=60) as client:
        answer = client.post("/predict", json=document, headers={"Idempotency-Key": folder.name})
        if answer.status_code == 422:  # every value that cannot be used, by its path
            sys.exit("\n".join(f"{found['field']}: {found['problem']}" for found in answer.json()))
        predicted = answer.raise_for_status().json()
        most = sorted(predicted, key=lambda user: -predicted[user])[:10]
        for user in most:
            print(f"{user:>8}  {predicted[user]:>12,.2f}")
        print(client.get("/predict").raise_for_status().json()["sentence"])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
