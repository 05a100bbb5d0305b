using BenchmarkDotNet.Attributes;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Workload;
using Cairn.Formats;

namespace Cairn.Benchmarks.Engine;

/// <summary>Commits into bytes with their checksums, one thread.</summary>
public class EncodeBenchmarks
{
    private const int Concepts = 1_000;
    private readonly Dataset _data = EngineFixture.Instance.Data;
    private readonly CommitWriter _writer = new(default);

    [Benchmark(OperationsPerInvoke = Concepts)]
    [Figure("encode and checksum a commit of one concept", Unit.Microseconds, Aim = 0.3, Note = "id, four attributes")]
    public int EncodeSingly()
    {
        var lengthBytes = 0;
        for (var i = 0; i < Concepts; i++)
        {
            var commit = CommitStream.Concepts(_writer, _data, i, i + 1, ConceptParts.Attributes);
            lengthBytes += commit.LengthBytes;
            commit.Return();
        }

        return lengthBytes;
    }

    [Benchmark(OperationsPerInvoke = Concepts)]
    [Figure("encode and checksum a concept of a commit of 1,000", Unit.Microseconds, Note = "id, label, text, four attributes")]
    public int EncodeTogether()
    {
        var commit = CommitStream.Concepts(_writer, _data, 0, Concepts, ConceptParts.All);
        var lengthBytes = commit.LengthBytes;
        commit.Return();
        return lengthBytes;
    }
}
