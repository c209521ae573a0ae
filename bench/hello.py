"""Row 0: the least a functions-framework function can be."""

import functions_framework.aio


@functions_framework.aio.http
async def hello(request):
    return "hello\n"
