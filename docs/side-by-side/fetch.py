import asyncio
import hashlib
import random
import re
import sys
from urllib.parse import urlsplit

ATTEMPTS = 4


async def get(url):
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        writer.write(f"GET {parts.path} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(head.split(" ")[1])
        if status != 200:
            raise OSError(f"status {status}") if status >= 500 else ValueError(f"status {status}")
        digest = hashlib.sha256()
        size = 0
        while block := await reader.read(65536):
            digest.update(block)
            size += len(block)
        length = re.search(r"\ncontent-length: (\d+)", head, re.IGNORECASE)
        if length and size != int(length[1]):
            raise OSError("the body is incomplete")
        return f"{digest.hexdigest()} {size}"
    finally:
        writer.close()


async def retry(url):
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with asyncio.timeout(60):
                return await get(url)
        except (OSError, EOFError):
            if attempt == ATTEMPTS:
                raise
        await asyncio.sleep(random.uniform(0, 0.1 * 2**attempt))


async def fetch(url, limit):
    try:
        async with limit:
            print(await retry(url), url)
        return True
    except Exception as fault:
        print(f"failed: {url}: {fault}")
        return False


async def main():
    limit = asyncio.Semaphore(16)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch(url, limit)) for url in sys.argv[1:]]
    sys.exit(0 if all(task.result() for task in tasks) else 1)


asyncio.run(main())
