import asyncio
from asyncio.subprocess import PIPE


async def main():
    shell = await asyncio.create_subprocess_shell("echo one; echo two; exit 3", stdout=PIPE)
    async for line in shell.stdout:
        print("line", line.decode().strip())
    print("exit", await shell.wait())

    sort = await asyncio.create_subprocess_exec("sort", stdin=PIPE, stdout=PIPE)
    output, _ = await sort.communicate(b"pear\napple\n")
    print("sorted", " ".join(output.decode().split()))

    sleeper = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        async with asyncio.timeout(0.1):
            await sleeper.wait()
    except TimeoutError:
        sleeper.terminate()
        print("terminated", await sleeper.wait())


asyncio.run(main())
