"""What people get of a scene: tracks that are found, missed or invented, and how good they are."""
