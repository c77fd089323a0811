"""Running a plan: workers make parts, a journal remembers them, a manifest commits them; resume and verify."""
