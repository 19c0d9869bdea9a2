"""Know what every service has, join it up, and find where they disagree."""
