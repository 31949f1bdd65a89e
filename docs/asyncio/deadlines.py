import asyncio


async def save():
    await asyncio.sleep(0.2)
    print("saved")
    return 42


async def main():
    try:
        async with asyncio.timeout(0.05):
            await asyncio.sleep(3600)
    except TimeoutError:
        print("too slow")

    saving = asyncio.create_task(save())
    try:
        await asyncio.wait_for(asyncio.shield(saving), 0.05)
    except TimeoutError:
        print("not waiting any longer")
    print("result", await saving)


asyncio.run(main())
