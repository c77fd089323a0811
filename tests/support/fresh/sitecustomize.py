"""Lets fresh interpreters with this folder on their path find the toy domain."""

from rowmill.domains.registry import DOMAINS

DOMAINS["toy"] = "support.toy:DOMAIN"
