"""A user's own customers, cards and merchants in the place of the catalogs that would be made.

``files`` reads and checks columns, ``reading`` makes ``entities`` of them, ``trade`` gives merchants their kind of
spending. Ids stay as they are; whatever a file does not say is drawn, keyed by the id, as for entities that are made.
"""
