import asyncio
import re

PAGES = {"/": "<a href=/a> <a href=/b>", "/a": "<a href=/c>", "/b": "<a href=/>", "/c": ""}


async def serve(reader, writer):
    request = (await reader.readuntil(b"\r\n\r\n")).decode()
    writer.write(f"HTTP/1.0 200 OK\r\n\r\n{PAGES[request.split()[1]]}".encode())
    writer.close()


async def fetch(port, path):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    response = (await reader.read()).decode()
    writer.close()
    return response.split("\r\n\r\n", 1)[1]


async def crawl(port, path, seen, limit, group):
    async with limit:
        page = await fetch(port, path)
    for link in re.findall(r"href=([^>]+)", page):
        if link not in seen:
            seen.add(link)
            group.create_task(crawl(port, link, seen, limit, group))


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    seen = {"/"}
    async with server, asyncio.TaskGroup() as group:
        group.create_task(crawl(port, "/", seen, asyncio.Semaphore(2), group))
    print("found", " ".join(sorted(seen)))


asyncio.run(main())
