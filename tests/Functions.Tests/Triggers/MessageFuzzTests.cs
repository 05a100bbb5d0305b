using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Triggers;

namespace Cairn.Functions.Tests.Triggers;

/// <summary>No text makes a message fail in any other way than by a reason for the poison queue.</summary>
public sealed class MessageFuzzTests
{
    private const int Rounds = 20_000;

    private static readonly string[] Pieces =
    [
        "{", "}", "\"space\"", ":", "\"demo\"", ",", "\"commit\"", "{}", "\"claim\"", "\"a/b\"", "\"id\"", "\"specversion\"", "\"1.0\"", "\"subject\"", "\"sentAt\"", "\"incarnation\"", "null", "1", "[", "]", "\"", "\\u0000", " ", "eyJ9", "=", "é", "\ud800",
    ];

    private static readonly string[][] Whole =
    [
        ["{", "\"space\"", ":", "\"demo\"", ",", "\"commit\"", ":", "{}", "}"],
        ["{", "\"space\"", ":", "\"demo\"", ",", "\"claim\"", ":", "\"a/b\"", ",", "\"id\"", ":", "\"x\"", "}"],
        ["eyJzcGFjZSI6ImRlbW8i", "LCJjb21taXQiOnt9fQ=="],
        ["{", "\"space\"", ":", "\"demo\"", ",", "\"incarnation\"", ":", "\"aaaaaaaaaaaaaaaaaaaaaaaaaa\"", ",", "\"sentAt\"", ":", "\"2026-01-31T12:00:00Z\"", ",", "\"commit\"", ":", "{}", "}"],
        [
            "{", "\"specversion\"", ":", "\"1.0\"", ",", "\"type\"", ":", "\"cairn.commit\"", ",", "\"source\"", ":", "\"/shop\"", ",", "\"id\"", ":", "\"7\"", ",",
            "\"subject\"", ":", "\"demo\"", ",", "\"data\"", ":", "{}", "}",
        ],
    ];

    [Fact]
    public void Read_WhenGivenAnything_SucceedsOrSaysWhatIsWrong()
    {
        var random = new Random(11);
        using var tape = new JsonTape();
        var read = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var pieces = Whole[round % Whole.Length].ToList();
            for (var edits = random.Next(0, 4); edits > 0; edits--)
            {
                pieces[random.Next(pieces.Count)] = Pieces[random.Next(Pieces.Length)];
            }

            try
            {
                IngestMessage.Read(tape.Parse(MessageText.Decode(string.Concat(pieces))));
                read++;
            }
            catch (ProblemException e)
            {
                Assert.InRange(e.Problem.Status, 400, 499);
            }
        }

        Assert.InRange(read, Rounds / 10, Rounds - 1);
    }
}
