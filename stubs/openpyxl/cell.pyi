from .styles import Font

class WriteOnlyCell:
    data_type: str
    font: Font
    def __init__(self, ws: object, value: object = ...) -> None: ...
