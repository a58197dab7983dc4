"""The torch side: the only storey that knows torch."""
