import asyncio
from contextlib import aclosing


async def pages(count):
    try:
        for number in range(count):
            await asyncio.sleep(0.01)
            yield [2 * number, 2 * number + 1]
    finally:
        await asyncio.sleep(0.01)
        print("connection closed")


async def rows(count):
    async with aclosing(pages(count)) as batches:
        async for batch in batches:
            for row in batch:
                yield row


async def main():
    async with aclosing(rows(100)) as found:
        async for row in found:
            print("row", row)
            if row == 2:
                break
    print("done")


asyncio.run(main())
