"""stub"""
class Silencer:
    def __init__(self, parsed, metas): pass
    def apply(self, findings): return list(findings)
    def unused(self): return []
