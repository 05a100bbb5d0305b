using Cairn.Primitives;

namespace Cairn.Domain.Tests.Log;

/// <summary>However a log file is damaged, opening it either fails as Corrupt or replays a prefix of what was written.</summary>
public sealed class LogFuzzTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Open_WhenDamagedAtRandom_IsCorruptOrReplaysAPrefix(int seed)
    {
        var random = new Random(seed);
        var fixture = new LogFixture(maxFileBytes: random.Next(2) == 0 ? 1500 : 1 << 20);
        await fixture.WriteAsync(clean: random.Next(2) == 0, [.. Enumerable.Range(0, 12).Select(i => new[] { $"a{i}", $"b{i}" })]);
        await fixture.OpenAsync();
        string[] written = [.. fixture.Replayed];
        var files = await fixture.FilesAsync();
        var file = files[random.Next(files.Count)];
        var whole = await fixture.ReadAsync(file);

        for (var round = 0; round < 60; round++)
        {
            await fixture.ReplaceAsync(Damage(whole, random), file);
            try
            {
                await fixture.OpenAsync();
                Assert.Equal(written.Take(fixture.Replayed.Count), fixture.Replayed);
            }
            catch (CairnException failure)
            {
                Assert.Equal(ErrorKind.Corrupt, failure.Kind);
                Assert.Contains("log file", failure.Message, StringComparison.Ordinal);
                Assert.Equal(written.Take(fixture.Replayed.Count), fixture.Replayed);
            }
        }
    }

    private static byte[] Damage(byte[] whole, Random random)
    {
        var bytes = whole.ToArray();
        var at = random.Next(bytes.Length);
        var length = Math.Min(random.Next(1, 200), bytes.Length - at);
        switch (random.Next(5))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes.AsSpan(at, length).Clear();
                return bytes;
            case 2:
                random.NextBytes(bytes.AsSpan(at, length));
                return bytes;
            case 3:
                return bytes[..at];
            default:
                var tail = new byte[random.Next(1, 5000)];
                random.NextBytes(tail);
                return [.. bytes, .. tail];
        }
    }
}
