import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor


def digest(text):
    sha256 = hashlib.sha256(text.encode())
    return sha256.hexdigest()[:8]


async def main():
    loop = asyncio.get_running_loop()
    print("thread", await asyncio.to_thread(digest, "one"))
    print("default", await loop.run_in_executor(None, digest, "two"))
    with ThreadPoolExecutor(2) as pool:
        three = loop.run_in_executor(pool, digest, "three")
        four = loop.run_in_executor(pool, digest, "four")
        print("pool", " ".join(await asyncio.gather(three, four)))


asyncio.run(main())
