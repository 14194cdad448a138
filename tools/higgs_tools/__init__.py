"""What organisers, participants and maintainers do beside running and scoring."""
