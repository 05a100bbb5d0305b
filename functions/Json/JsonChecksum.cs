using Cairn.Primitives;

namespace Cairn.Functions.Json;

/// <summary>A checksum of what JSON says, whatever blanks, escapes and order of members it says it with. Not for telling apart what somebody makes alike on purpose.</summary>
internal static class JsonChecksum
{
    /// <summary>Of a member: its name and its value.</summary>
    public static uint Of(in JsonMember member) => Of(member.Value, Crc32C.Compute(member.Name));

    private static uint Of(JsonNode node, uint checksum)
    {
        checksum = Crc32C.Compute([(byte)node.Kind], checksum);
        switch (node.Kind)
        {
            case JsonKind.Array:
                foreach (var item in node.Items)
                {
                    checksum = Of(item, checksum);
                }

                return checksum;
            case JsonKind.Object:
                // A sum, so that their order does not matter.
                var members = 0u;
                foreach (var member in node.Members)
                {
                    members = unchecked(members + Of(member));
                }

                return Crc32C.Compute(BitConverter.GetBytes(members), checksum);
            case JsonKind.String or JsonKind.Number:
                return Crc32C.Compute(node.Text, checksum);
            default:
                return checksum;
        }
    }
}
