using System.Net.Sockets;
using System.Text;

namespace Cairn.Functions.Tests.Serving;

/// <summary>
/// What a request allocates in the whole process, server and all, once everything is warm: raw bytes over one socket, so that the client adds nothing.
/// The limits are a tenth or two above what was measured; docs/benchmarks.md has the figures.
/// </summary>
[Collection(nameof(AllocationTests))]
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationTests : ServerTests
{
    private const int Warm = 2000;
    private const int Measured = 1000;

    private string _space = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        string[] leaves = [.. Enumerable.Range(0, 1000).Select(i => $"leaf{i:d4}")];
        _space = await NewGraphAsync(
        [
            Put("hub", "\"labels\":[\"person\"],\"content\":\"Wrote the first program.\",\"attributes\":{\"born\":1815,\"city\":\"London\",\"score\":0.5,\"active\":true}"),
            .. leaves.Select(leaf => Put(leaf, "\"attributes\":{\"n\":1,\"name\":\"a leaf of many\"}")), .. leaves.Select(leaf => Associate("hub", "has", leaf)),
        ]);
    }

    [Theory]
    [InlineData("concepts/hub", 780)]
    [InlineData("concepts/hub/neighbors?limit=10", 3400)]
    public async Task Get_WhenWarm_AllocatesLittle(string path, int limitBytes)
    {
        var allocated = await MeasureAsync(Get(path));

        TestContext.Current.TestOutputHelper?.WriteLine($"{path}: {allocated} B a request");
        Assert.InRange(allocated, 0, limitBytes);
    }

    /// <summary>What an answer holds is written from the columns into buffers that are used again: an item costs its row numbers and a share of the
    /// server's own, some 20 bytes, whatever its text.</summary>
    [Theory]
    [InlineData("concepts?limit=")]
    [InlineData("concepts/hub/neighbors?limit=")]
    public async Task Get_WhenTheAnswerIsLarge_AllocatesNoMore(string path)
    {
        var small = await MeasureAsync(Get(path + "10"));
        var large = await MeasureAsync(Get(path + "1000"), Measured / 10);

        TestContext.Current.TestOutputHelper?.WriteLine($"{path}: {small} B for 10, {large} B for 1,000");
        Assert.InRange((large - small) / 990.0, 0, 32);
    }

    [Fact]
    public async Task Put_WhenWarm_AllocatesLittle()
    {
        const string Body = """{"labels":["person"],"content":"Wrote the first program.","attributes":{"born":1815,"city":"London","score":0.5,"active":true}}""";

        var allocated = await MeasureAsync($"PUT {_space}/concepts/one HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");

        TestContext.Current.TestOutputHelper?.WriteLine($"PUT: {allocated} B a request");
        Assert.InRange(allocated, 0, 7000);
    }

    private string Get(string path) => $"GET {_space}/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

    private async Task<long> MeasureAsync(string request, int count = Measured)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(Server.Address.Host, Server.Address.Port, TestContext.Current.CancellationToken);
        var (bytes, room) = (Encoding.ASCII.GetBytes(request), new byte[64 * 1024]);
        Repeat(socket, bytes, room, Math.Min(Warm, 2 * count));

        // The least of some rounds: what the runtime does beside is not the request's.
        var least = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            Repeat(socket, bytes, room, count);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / count);
        }

        return least;
    }

    private static void Repeat(Socket socket, byte[] request, byte[] room, int count)
    {
        for (var i = 0; i < count; i++)
        {
            socket.Send(request);
            ReadAnswer(socket, room);
        }
    }

    // Either a length or chunks: a long answer goes out in pieces.
    private static void ReadAnswer(Socket socket, byte[] room)
    {
        var (length, expected) = (0, -1);
        while (true)
        {
            var received = socket.Receive(room.AsSpan(length));
            Assert.True(received > 0, "the connection was closed");
            length += received;
            var text = room.AsSpan(0, length);
            if (expected < 0 && text.IndexOf("\r\n\r\n"u8) is >= 0 and var head)
            {
                Assert.True(text.StartsWith("HTTP/1.1 200"u8) || text.StartsWith("HTTP/1.1 201"u8), "not answered well");
                expected = ExpectedLength(text[..(head + 4)]);
            }

            if (expected > 0 ? length == expected : expected == 0 && text.EndsWith("0\r\n\r\n"u8))
            {
                return;
            }

            // Of a chunked answer only the end counts.
            if (expected == 0 && length > room.Length / 2)
            {
                text[^8..].CopyTo(room);
                length = 8;
            }
        }
    }

    private static int ExpectedLength(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf("Content-Length: "u8);
        return at < 0 ? 0 : System.Buffers.Text.Utf8Parser.TryParse(head[(at + 16)..], out int body, out _) ? head.Length + body : throw new FormatException();
    }
}
