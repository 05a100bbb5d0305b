using System.Text;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Streams;
using Cairn.Primitives;

namespace Cairn.Functions.Tests.Json;

/// <summary>No bytes make the reading of a request fail in any other way than by telling the caller what to mend.</summary>
public sealed class RequestFuzzTests
{
    private const int Rounds = 10_000;

    private static readonly byte[] Commit = """
        {"id":"c-1","meta":{"actor":"a","note":null},"operations":[
         {"op":"put","concept":{"id":"\u0061da","labels":["x","\ud83c\udf0d"],"content":{"$bytes":"AAEC"},"mediaType":"t","attributes":{"$$i":-1,"f":1.5e3,"d":{"$datetime":"2026-01-31T12:00:00.5Z"},
          "o":{"m":[null,true,{"$int64":"7"}]}},"vector":{"$f32":"AACAPw=="},"strength":0.5,"validFrom":null,"expiresAt":"2999-01-01T00:00:00Z"},"onExists":"merge"},
         {"op":"patch","id":"b","set":{"vector":[1,2.5]},"remove":{"labels":true,"attributes":["x"]},"add":{"labels":["l"],"attributes":{"o":["p"]}},"removeItems":{"attributes":{"q":[1]}},"onMissing":"create"},
         {"op":"associate","association":{"source":"a","type":"t","target":"b","key":"k","attributes":{}},"missingEndpoints":"imply"},
         {"op":"reinforceAssociation","source":"a","type":"t","target":"b","amount":0.1}],
         "preconditions":[{"id":"a","ifVersion":7},{"source":"a","type":"t","target":"b","ifAbsent":true}]}
        """u8.ToArray();

    private static readonly string[] Splices = ["{", "}", "[", "]", "\"", ",", ":", "\\u0000", "\\ud800", "null", "-", "1e999", "99999999999999999999", "\xFF", "{\"$bytes\":\"=\"}", "\"id\":\".\",", "\n"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Encode_WhenBytesAreChanged_SucceedsOrSaysWhatIsWrong(int seed)
    {
        var random = new Random(seed);
        var pool = new EncoderPool();
        var good = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var body = Mutate(random);
            using var encoder = pool.Rent();
            try
            {
                var root = encoder.Tape.Parse(body);
                encoder.Encode(
                    new Incarnation(1), writer => CommitReading.Write(root, writer, id => CommitIdentity.Of(null, id), new Timestamp(1), new(true, default))).Return();
                good++;
            }
            catch (ProblemException e)
            {
                Assert.True(e.Problem.Status is 400 or 413, $"seed {seed}, round {round}: {e}");
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {round}: {e}\n{Encoding.UTF8.GetString(body)}");
            }
        }

        Assert.InRange(good, 1, Rounds - 1);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Sources_WhenBytesAreChanged_EndOrSayWhatIsWrong(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < Rounds / 10; round++)
        {
            var body = "{\"commits\":["u8.ToArray().Concat(Mutate(random)).Concat(", "u8.ToArray()).Concat(Mutate(random)).Concat("]}"u8.ToArray()).ToArray();
            await CountAsync(new ArraySource(new Trickle(body, random), "commits", TestContext.Current.CancellationToken), body.Length);
            await CountAsync(new LineSource(new Trickle(body, random), TestContext.Current.CancellationToken), body.Length);
        }
    }

    private static async Task CountAsync(ItemSource source, int most)
    {
        using (source)
        {
            try
            {
                while (await source.MoveNextAsync())
                {
                    Assert.InRange(source.Number, 1, most);
                }
            }
            catch (ProblemException e)
            {
                Assert.Equal(ProblemKinds.Syntax, e.Problem.Kind);
            }
        }
    }

    private static byte[] Mutate(Random random)
    {
        var bytes = new List<byte>(Commit);
        for (var changes = random.Next(0, 4); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.Latin1.GetBytes(Splices[random.Next(Splices.Length)]));
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count / 2), random.Next(1, 60)));
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Gives a few bytes at a time.</summary>
    private sealed class Trickle(byte[] bytes, Random random) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, random.Next(1, 200))], cancellationToken);
    }
}
