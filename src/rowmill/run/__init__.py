"""Running a plan: workers make and seal parts, a change of the head commits them; resume and verify."""
