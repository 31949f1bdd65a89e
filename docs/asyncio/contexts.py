import asyncio
from contextvars import ContextVar, copy_context

request = ContextVar("request", default="none")


async def log(message):
    await asyncio.sleep(0.01)
    print(f"[{request.get()}] {message}")


async def handle(name):
    request.set(name)
    await log("begins")
    await asyncio.create_task(log("in a child"))
    await asyncio.to_thread(lambda: print(f"[{request.get()}] in a thread"))


async def main():
    await asyncio.create_task(handle("a"))
    await asyncio.create_task(handle("b"))
    await log("outside")
    copy_context().run(request.set, "copy")
    await log("unchanged")


asyncio.run(main())
