"""What is kept between runs: exact, private, whole or not there."""
