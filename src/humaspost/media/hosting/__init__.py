"""Put media where platforms can fetch them."""
