"""Lets fresh interpreters with this folder on their path find the domains of tests."""

from rowmill.domains.registry import DOMAINS

DOMAINS["toy"] = "support.toy:DOMAIN"
DOMAINS["shop"] = "support.shop:DOMAIN"
