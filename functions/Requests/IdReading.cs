using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Routing;
using Cairn.Model;

namespace Cairn.Functions.Requests;

/// <summary>Ids in a body that are only looked up, and so meet no writer that would check them.</summary>
internal static class IdReading
{
    /// <exception cref="ProblemException">invalid or limit, at the node.</exception>
    public static ReadOnlySpan<byte> Require(JsonNode node, string name = "id", int limitBytes = Limits.IdBytes)
    {
        try
        {
            PathName.Require(node.RequireText(), name, limitBytes);
            return node.Text;
        }
        catch (ProblemException e) when (e.Problem.Pointer is null)
        {
            throw new ProblemException(e.Problem with { Pointer = node.Pointer, Parameter = null });
        }
    }
}
